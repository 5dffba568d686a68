update events set contact = cast(body as json) #>> '{data,contact,id}' where type like 'contact.%' and contact is null;
