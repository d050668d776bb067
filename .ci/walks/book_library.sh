# The walk of book_library.
. "$(dirname "$0")/said.sh"
cover=$(dirname "$0")/../../fuzz/seeds/picture/baseline.jpg

answer=$(curl -s $url/)
said '^Hello World!$'
answer=$(curl -s -X POST $url/users/ -H "Content-Type: application/json" -d '{"name":"John Doe","email":"john@example.com","password":"Abc@123"}' -w ' %{http_code}')
said '"message":"Successfully created new user".* 201$'
said '"_id":"[0-9a-f]{24}"'
said '"active":true'
answer=$(curl -s -X POST $url/users/login -H "Content-Type: application/json" -d '{"email":"john@example.com","password":"Abc@123"}')
said '"message":"Successfully fetched auth token"'
token=$(member token)
answer=$(curl -s $url/users/ -H "Authorization: Bearer $token")
said '"message":"successfully retrieved user profile"'
answer=$(curl -s -X PUT $url/users/ -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d '{"name":"John Smith"}' -w ' %{http_code}')
said '"name":"John Smith".* 201$'
answer=$(curl -s -X POST $url/books/ -H "Authorization: Bearer $token" -F "title=The Gate" -F "category=peotry" -F "description=Verses" -F "cover_image=@$cover" -w ' %{http_code}')
said '"message":"successfully created a new book".* 201$'
said '"category":"peotry"'
book=$(member _id)
image=$(member image_url)
answer=$(curl -s -o /dev/null $image -w '%{content_type} %{http_code}')
said '^image/jpeg 200$'
answer=$(curl -s $url/books/ -H "Authorization: Bearer $token")
said '"message":"successfully retrieved all books"'
said '"title":"The Gate"'
answer=$(curl -s -L $url/books -H "Authorization: Bearer $token")
said '"title":"The Gate"'
answer=$(curl -s $url/books/$book -H "Authorization: Bearer $token")
said '"message":"successfully retrieved a book"'
answer=$(curl -s -X PUT $url/books/$book -H "Authorization: Bearer $token" -F "title=The Portcullis" -w ' %{http_code}')
said '"title":"The Portcullis".* 201$'
answer=$(curl -s -X PUT $url/books/$book -H "Authorization: Bearer $token" -d "description=More verses" -w ' %{http_code}')
said '"description":"More verses".* 201$'
answer=$(curl -s -X DELETE $url/books/$book -H "Authorization: Bearer $token" -w '%{http_code}')
said '^204$'
answer=$(curl -s $url/books/$book -H "Authorization: Bearer $token" -w ' %{http_code}')
said '"message":"Book not found".* 404$'
answer=$(curl -s $url/books/ -w ' %{http_code}')
said '"message":"Authentication Token is missing!".* 401$'
answer=$(curl -s -X DELETE $url/users/ -H "Authorization: Bearer $token" -w '%{http_code}')
said '^204$'
answer=$(curl -s $url/users/ -H "Authorization: Bearer $token" -w ' %{http_code}')
said '"message":"Invalid Authentication token!".* 401$'
answer=$(curl -s -X POST $url/users/login -H "Content-Type: application/json" -d '{"email":"john@example.com","password":"Abc@123"}' -w ' %{http_code}')
said '"message":"Error fetching auth token!, invalid email or password".* 404$'
end
