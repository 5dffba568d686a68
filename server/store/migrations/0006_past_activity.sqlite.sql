update events set contact = body ->> '$.data.contact.id' where type like 'contact.%' and contact is null;
